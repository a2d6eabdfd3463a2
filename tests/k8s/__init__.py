"""The deployment, judged without a cluster: rendered, then checked object by object and against each other."""
