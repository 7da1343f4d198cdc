"""Demand forecasts: our own by week, and those the company issued."""
