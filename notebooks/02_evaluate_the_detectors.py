# %% [markdown]
# # Evaluate the detectors
# On a sample company the truth is known: how much of it is found, and how much of what is told is right? On your own
# data only the second can be measured, by the verdicts of reviewers.

# %%
import pandas as pd

from dashboard.summary import wilson
from notebooks.workbench import open_home

home = open_home()
with home.warehouse.read() as connection:
    found = connection.execute("select exception_id, kind, order_id, score, rank from exceptions order by rank").df()

# %% [markdown]
# ## Against the truth of the sample

# %%
if home.truth is not None:
    truth = pd.concat([pd.read_csv(path, dtype=str) for path in sorted(home.truth.glob("*.csv"))], ignore_index=True)
    truth = truth.dropna(subset=["order_id"])
    wrong = set(truth["order_id"])
    likely = found[found["score"].ge(0.5)]
    hits = likely["order_id"].isin(wrong)
    low, high = wilson(int(hits.sum()), len(likely))
    print(f"{len(likely)} likely findings, {hits.mean():.0%} on orders that are in the truth ({low:.0%} to {high:.0%})")
    print(f"{len(wrong & set(likely['order_id'])) / len(wrong):.0%} of the orders in the truth have a likely finding")

# %% [markdown]
# ## By the verdicts of reviewers

# %%
labels = home.casebook.labels.current()
judged = found.merge(labels[["exception_id", "label"]], on="exception_id")
print(
    judged.groupby(["kind", "label"]).size().unstack(fill_value=0).to_string() if len(judged) else "Nobody judged yet."
)

# %% [markdown]
# ## Is a score of 0.8 right eight times in ten?

# %%
if home.truth is not None:
    bins = pd.cut(found["score"], [0, 0.25, 0.5, 0.75, 0.9, 1.0])
    shares = (
        found.assign(right=found["order_id"].isin(wrong)).groupby(bins, observed=True)["right"].agg(["mean", "size"])
    )
    print(shares.round(2).to_string())
