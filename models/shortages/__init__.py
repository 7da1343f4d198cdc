"""Stock over time: which lines ran short and why, and what runs out next."""
