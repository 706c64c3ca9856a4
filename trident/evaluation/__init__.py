"""What models predict, what that costs, and what it is compared with.

`prediction` lets a model fill in the missing assertions; `efficiency` measures latency and memory; `baselines` predicts
without a model; `probes` ranks hand-written equivalent and wrong assertions (``probes.yaml``) by each measure.
"""
