"""What planners do: reorder, expedite, share out scarce stock; and how forecasts, suppliers and counts have held."""
