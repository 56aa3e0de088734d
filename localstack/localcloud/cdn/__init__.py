"""CloudFront's data plane: edges that really cache, in front of S3 and of load balancers.

Its control plane is MiniStack's; `localcloud.distributions` reads it and keeps this in step.
"""
