"""Scan catalogues that one machine cannot hold: manifests in shards, on processes, Slurm or Ray, into Parquet files."""
