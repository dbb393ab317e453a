"""The scheduled job: takes over what a supplier sells, and at what price."""

import json
import os
from decimal import Decimal
from pathlib import Path
from urllib.request import urlopen

from catalog.models import Product
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

SAMPLE = Path(__file__).resolve().parents[2] / "supplier.json"


class Command(BaseCommand):
    help = "Takes over the prices at EXTERNAL_DATA_URL: a JSON object of prices by product name."

    def handle(self, *args, **options):
        sold = read(os.environ.get("EXTERNAL_DATA_URL") or SAMPLE.as_uri())
        added = changed = 0
        with transaction.atomic():  # all of it or nothing, so that the job can be run again
            for product in sold:
                known = Product.objects.filter(name=product.name)
                if known.exists():
                    changed += known.exclude(price=product.price).update(price=product.price)
                else:
                    product.save()
                    added += 1
        self.stdout.write(f"{len(sold)} prices read: {added} products added, {changed} changed")


def read(url):
    """What the supplier sells: products that fit into the database."""
    try:
        with urlopen(url, timeout=30) as answer:
            prices = json.load(answer, parse_float=Decimal)
    except (OSError, ValueError) as error:
        raise CommandError(f"the supplier's prices cannot be read: {error}") from error
    if not isinstance(prices, dict):
        raise CommandError("the supplier's prices are no JSON object of prices by product name")
    sold = [Product(name=name, price=price) for name, price in prices.items()]
    for product in sold:
        try:
            product.clean_fields()
        except ValidationError as error:
            raise CommandError(f"the supplier's {product.name!r} does not fit: {error.message_dict}") from error
    return sold
