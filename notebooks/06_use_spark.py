# %% [markdown]
# # Use Spark
# For order histories beyond one machine the relations can be read from Spark. This needs `pyspark`, which is not
# installed by default; without it the notebook says so and stops.

# %%
from importlib.util import find_spec

if find_spec("pyspark") is None:
    print("Skipped: pyspark is not installed. Run 'pip install pyspark' to use this notebook.")
    raise SystemExit(0)

# %%
from pyspark.sql import SparkSession

from notebooks.workbench import open_home

home = open_home()
spark = SparkSession.builder.master("local[2]").appName("orderlens").getOrCreate()
with home.warehouse.read() as connection:
    orders = connection.execute("select order_id, channel, ordered_at, total_amount from orders").df()
spark.createDataFrame(orders).createOrReplaceTempView("orders")

# %% [markdown]
# ## The same question, asked of both engines

# %%
QUESTION = "select channel, count(*) as order_count from orders group by channel order by channel"
with home.warehouse.read() as connection:
    here = connection.execute(QUESTION).df()
there = spark.sql(QUESTION).toPandas()
print(there.to_string(index=False))
assert here["order_count"].tolist() == there["order_count"].tolist()
spark.stop()
