"""Duplicate orders and customers: pairs, comparison, probability, groups, reasons."""
