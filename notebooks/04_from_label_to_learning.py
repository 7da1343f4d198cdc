# %% [markdown]
# # From label to learning
# What a verdict changes: a reviewer rejects some findings of one check, and the scores of its other findings fall.
# Nothing is stored: scores are a pure function of findings and labels.

# %%
import pandas as pd

from models.feedback import rescore
from notebooks.workbench import open_home

home = open_home()
with home.warehouse.read() as connection:
    findings = connection.execute("select * from exceptions").df()
none = pd.DataFrame({"exception_id": pd.Series(dtype=object), "label": pd.Series(dtype=object)})

# %% [markdown]
# ## Without labels a finding keeps what its check states

# %%
before = rescore(findings, none)
busiest = findings["source"].value_counts().index[0]
of_it = findings["source"].eq(busiest)
print(f"{busiest}: {of_it.sum()} findings, mean score {before[of_it].mean():.2f}")

# %% [markdown]
# ## Reject five of them

# %%
rejected = findings[of_it].head(5)
labels = pd.DataFrame({"exception_id": rejected["exception_id"], "label": "false_positive"})
after = rescore(findings, labels)
others = of_it & ~findings["exception_id"].isin(rejected["exception_id"])
print(f"the others of this check: {before[others].mean():.2f} -> {after[others].mean():.2f}")
print(f"other checks: {before[~of_it].mean():.2f} -> {after[~of_it].mean():.2f}")
assert after[of_it].mean() < before[of_it].mean()
