"""How the suite is run: `local` on one machine, `k8s` in production."""
