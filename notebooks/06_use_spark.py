# %% [markdown]
# # Use Spark
# Where the order history lives in Spark, the two meet in Parquet: Orderlens reads the folders of parts that Spark
# writes (`orders.parquet/part-*.parquet`), and Spark reads any Parquet file. This needs `pyspark` and Java, which are
# not installed by default; without them the notebook says so and stops.

# %%
import shutil
from importlib.util import find_spec

if find_spec("pyspark") is None or shutil.which("java") is None:
    print("Skipped: pyspark or Java is not installed. Run 'pip install pyspark' to use this notebook.")
    raise SystemExit(0)

# %%
import tempfile
from pathlib import Path

from pyspark.sql import SparkSession

from data.ingestion.ingest import ingest
from data.settings import Settings
from data.warehouse import Warehouse
from notebooks.workbench import open_home

home = open_home()
exchange = Path(tempfile.mkdtemp())
spark = SparkSession.builder.master("local[2]").appName("orderlens").config("spark.ui.enabled", "false").getOrCreate()

# %% [markdown]
# ## To Spark: what each customer usually pays for each product
# The question is the same SQL for both engines, so the answers can be compared.

# %%
USUAL_PRICE = """
    select customer_id, product_id, count(*) as line_count,
        percentile_cont(0.5) within group (order by unit_price) as usual
    from order_lines join orders using (order_id)
    group by customer_id, product_id
    having count(*) >= 3
    order by customer_id, product_id
"""
with home.warehouse.read() as connection:
    for table in ("orders", "order_lines"):
        connection.execute(f"from {table}").df().to_parquet(exchange / f"{table}.parquet", coerce_timestamps="us")
    here = connection.execute(USUAL_PRICE).df()
for table in ("orders", "order_lines"):
    spark.read.parquet(f"{exchange}/{table}.parquet").createOrReplaceTempView(table)
there = spark.sql(USUAL_PRICE).toPandas()
print(there.head().to_string(index=False))
assert here["line_count"].tolist() == there["line_count"].tolist()
assert (here["usual"] - there["usual"].astype(float)).abs().max() < 0.005

# %% [markdown]
# ## From Spark: a history of one region, ingested from the parts that Spark writes

# %%
lake = exchange / "lake"
orders = spark.sql("select * from orders where ship_to_region = (select min(ship_to_region) from orders)")
orders.repartition(3).write.parquet(f"{lake}/orders.parquet")
orders.createOrReplaceTempView("regional")
spark.sql("select * from order_lines where order_id in (select order_id from regional)").write.parquet(
    f"{lake}/order_lines.parquet"
)
report = ingest(Warehouse(exchange / "home", Settings()), Settings(), str(lake))
for counts in report.tables:
    print(f"{counts.table}: {counts.read} read, {counts.loaded} loaded, {counts.quarantined} quarantined")
spark.stop()
shutil.rmtree(exchange)
