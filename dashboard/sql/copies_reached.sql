-- One row per sort of planted repeat: how many there were, how many blocking brought together with their original.
select variant, copy_count, found_count
from planted_recall
order by variant
