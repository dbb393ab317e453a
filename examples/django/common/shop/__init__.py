"""What all versions of the shop share."""
