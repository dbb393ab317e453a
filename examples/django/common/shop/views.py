from catalog import VERSION
from catalog.models import Product
from django.shortcuts import render

ORDERS = {"name": ("name", "pk"), "price": ("price", "name", "pk")}


def index(request):
    return page(request, "shop/index.html", {"count": Product.objects.count()})


def products(request):
    """The products in the order that the visitor wants. Who has chosen one has a session; nobody else does."""
    chosen = request.GET.get("order")
    if chosen in ORDERS:
        request.session["order"] = chosen
    order = ORDERS[request.session.get("order", "name")]
    return page(request, "shop/products.html", {"products": Product.objects.order_by(*order)})


def page(request, template, context):
    """A page that says which version made it."""
    response = render(request, template, {"version": VERSION, **context})
    response["X-Version"] = VERSION
    return response
