from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("catalog", "0001_initial")]
    operations = [
        # Nullable: the version before this one goes on writing rows without it.
        migrations.AddField(
            model_name="product",
            name="discount_price",
            field=models.DecimalField(blank=True, decimal_places=2, max_digits=10, null=True),
        ),
    ]
