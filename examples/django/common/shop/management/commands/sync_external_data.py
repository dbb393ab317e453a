"""The scheduled job: takes over a supplier's prices."""

import json
import os
from pathlib import Path
from urllib.request import urlopen

from catalog.models import Product
from django.core.management.base import BaseCommand, CommandError

SAMPLE = Path(__file__).resolve().parents[2] / "supplier.json"


class Command(BaseCommand):
    help = "Takes over the prices at EXTERNAL_DATA_URL: a JSON object of prices by product name."

    def handle(self, *args, **options):
        url = os.environ.get("EXTERNAL_DATA_URL", SAMPLE.as_uri())
        try:
            with urlopen(url, timeout=30) as answer:
                prices = json.load(answer)
        except (OSError, ValueError) as error:
            raise CommandError(f"the supplier's prices cannot be read: {error}") from error
        changed = sum(Product.objects.filter(name=name).update(price=price) for name, price in prices.items())
        self.stdout.write(f"{changed} prices taken over")
