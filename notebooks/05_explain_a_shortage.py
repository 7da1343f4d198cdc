# %% [markdown]
# # Explain a shortage
# Each line that could not be filled is shared out among its causes: what would have been short, had the forecast, the
# supplier, the records or the policy been right?

# %%
from notebooks.workbench import open_home

home = open_home()
with home.warehouse.read() as connection:
    names = {row[0] for row in connection.execute("select table_name from duckdb_tables()").fetchall()}
    short = (
        connection.execute("select * from stockouts order by short_quantity desc").df()
        if "stockouts" in names
        else None
    )

# %%
if short is None or short.empty:
    print("No line was short, or the source has no stock levels.")
else:
    shares = [name for name in short.columns if name.startswith("share_")]
    first = short.iloc[0]
    print(
        f"Order {first['order_id']}, line {first['line_no']}: "
        f"{first['short_quantity']:g} of {first['quantity']:g} short"
    )
    print(first[shares].astype(float).sort_values(ascending=False).round(2).to_string())
    assert (short[shares].sum(axis=1) - 1).abs().max() < 1e-6

# %% [markdown]
# ## Over all short lines: units by cause

# %%
if short is not None and len(short):
    units = short[shares].mul(short["short_quantity"], axis=0).sum().sort_values(ascending=False)
    print((units / units.sum()).round(3).to_string())
