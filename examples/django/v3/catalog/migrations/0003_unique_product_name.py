from django.db import migrations, models


class Migration(migrations.Migration):
    """Fails where two products have the same name, as in the fixture: nobody looked at the data before."""

    dependencies = [("catalog", "0002_product_discount_price")]
    operations = [
        migrations.AddConstraint(
            model_name="product",
            constraint=models.UniqueConstraint(fields=["name"], name="unique_product_name"),
        ),
    ]
