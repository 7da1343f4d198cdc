"""Numbers about one line, one order, one pair of orders or one product-day: what is usual for whom."""
