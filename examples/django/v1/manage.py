"""Django's command line. The shared code must be on PYTHONPATH: PYTHONPATH=../common python manage.py …"""

from shop.manage import main

if __name__ == "__main__":
    main()
