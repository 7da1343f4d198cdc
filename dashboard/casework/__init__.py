"""Following findings up: the list of cases, one case with its work, merges, knowledge, and the rules behind them."""
