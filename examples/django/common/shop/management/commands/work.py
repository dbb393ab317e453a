"""The worker: looks after the shop without visitors, until it is told to stop."""

import signal
import threading

from catalog import VERSION
from catalog.models import Product
from django.core.management.base import BaseCommand
from django.db import close_old_connections


class Command(BaseCommand):
    help = "Counts the products every now and then until SIGTERM."

    def add_arguments(self, parser):
        parser.add_argument("--every", type=float, default=10, help="seconds between two rounds")

    def handle(self, *args, every, **options):
        stop = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
        while True:
            close_old_connections()
            self.stdout.write(f"version {VERSION}: {Product.objects.count()} products")
            if stop.wait(every):
                return
