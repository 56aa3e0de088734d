"""The local cloud: MiniStack, with an ECS, load balancers and autoscaling that tell the truth.

`python -m localcloud --port 4566` serves it on loopback. See `localcloud.gateway` for what is
answered here and what is passed on to MiniStack.
"""
