# %% [markdown]
# # Tune a check
# A check is one SQL file with its defaults in the header. Here one is run with other tolerances on the data, without
# publishing anything, to see what each would tell.

# %%
import duckdb

from data.relations import build_all, create_maybe_views, materialise, read_folder
from models.checks import FOLDER, checks
from models.detect import FEATURES, data_clock, needed_features, present_tables
from notebooks.workbench import open_home

home = open_home()
NAME = "order_total"
check, relation = checks()[NAME], read_folder(FOLDER)[NAME]
print(check.title, "·", relation.defaults)

# %% [markdown]
# ## Copy the tables into memory and build what the check reads

# %%
scratch = duckdb.connect()
with home.warehouse.read() as source:
    present = present_tables(source)
    for name in present:
        frame = source.execute(f'select * from "{name}"').to_arrow_table()
        scratch.execute(f'create table "{name}" as select * from frame')
create_maybe_views(scratch, present)
scratch.execute("create temp table excluded_lines (order_id varchar, line_no integer)")
now = data_clock(scratch, present)
build_all(scratch, needed_features({NAME: check}), {"now": now}, present, temporary=True)

# %% [markdown]
# ## Run it with several tolerances

# %%
counts = {}
for factor in (0.5, 1.0, 2.0, 4.0):
    chosen = {name: value * factor for name, value in relation.defaults.items()}
    materialise(scratch, relation, {"now": now, **chosen}, temporary=True)
    counts[factor] = scratch.execute(f'select count(*) from "{NAME}"').fetchall()[0][0]
    print(f"{factor:>4} × the defaults: {counts[factor]} findings")
assert set(FEATURES) >= set(needed_features({NAME: check}))
