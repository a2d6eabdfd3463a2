# One image for every process; the start command chooses (deploy/k8s names them all).
#   docker build -t minsheng:0.1.0 .
# Behind a mirror: --build-arg PYTHON=<registry>/python:3.11.14-slim-bookworm --build-arg PIP_INDEX_URL=<index>
ARG PYTHON=docker.io/library/python:3.11.14-slim-bookworm

FROM ${PYTHON} AS build
ARG PIP_INDEX_URL=https://pypi.org/simple
WORKDIR /app
COPY requirements.lock ./
# Wheels only: nothing is compiled, so no stage needs a compiler, and what is installed is what was hashed.
RUN python -m venv /opt/venv \
    && /opt/venv/bin/pip install --no-cache-dir --disable-pip-version-check \
        --require-hashes --only-binary :all: -r requirements.lock \
    && rm requirements.lock
COPY services services
COPY gateway gateway
# Compiled here, since the running process cannot write; readable whatever the builder's umask was.
RUN /opt/venv/bin/python -m compileall -q services gateway && chmod -R a+rX /app

FROM ${PYTHON}
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    HOME=/tmp
WORKDIR /app
COPY --from=build /opt/venv /opt/venv
COPY --from=build /app /app
USER 10001:10001
