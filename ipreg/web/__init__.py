"""The pages, one blueprint a noun. Each view says who may see it (``rules``)."""
