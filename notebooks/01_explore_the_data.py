# %% [markdown]
# # Explore the data
# What is in an order history before anything is judged: how many orders, through which channels, how values spread,
# what is missing. Every notebook runs on a small sample company; set `ORDERLENS_HOME` to look at your own.

# %%
from notebooks.workbench import open_home

home = open_home()

# %% [markdown]
# ## What was read in

# %%
with home.warehouse.read() as connection:
    tables = connection.execute(
        "select table_name, estimated_size from duckdb_tables() where not temporary order by 2 desc"
    ).df()
print(tables.to_string(index=False))

# %% [markdown]
# ## Orders by channel and week

# %%
with home.warehouse.read() as connection:
    weeks = connection.execute(
        """select date_trunc('week', ordered_at)::date as week, channel, count(*) as order_count
        from orders group by all order by week, channel"""
    ).df()
pivot = weeks.pivot(index="week", columns="channel", values="order_count").fillna(0)
print(pivot.tail(8).astype(int).to_string())

# %% [markdown]
# ## How much of each column is filled
# A column that is empty half of the time can't be checked; one that is empty now and then is an exception each time.

# %%
with home.warehouse.read() as connection:
    columns = [row[0] for row in connection.execute("describe orders").fetchall()]
    shares = connection.execute(
        "select " + ", ".join(f'avg(("{name}" is not null)::integer) as "{name}"' for name in columns) + " from orders"
    ).df()
filled = shares.iloc[0].sort_values()
print(filled.round(3).to_string())
assert filled["order_id"] == 1
