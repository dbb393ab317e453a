from catalog import VERSION
from catalog.models import Product
from django.shortcuts import render


def index(request):
    return page(request, "shop/index.html", {"count": Product.objects.count()})


def products(request):
    return page(request, "shop/products.html", {"products": Product.objects.order_by("name", "pk")})


def page(request, template, context):
    """A page that says which version made it."""
    response = render(request, template, {"version": VERSION, **context})
    response["X-Version"] = VERSION
    return response
