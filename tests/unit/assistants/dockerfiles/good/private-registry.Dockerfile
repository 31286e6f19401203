# Secrets are mounted, sources come with their owner, the shell is told.
FROM registry.example.org:5000/base/python:3.12.7-2@sha256:7f1d6d2e9a0b4c8f3e5d7a9b1c3e5f7091b3d5f7a9c1e3b5d7f9a1c3e5b7d9f1
SHELL ["/bin/bash", "-o", "pipefail", "-c"]
WORKDIR /app
COPY pyproject.toml poetry.lock ./
RUN --mount=type=secret,id=index_password \
    --mount=type=cache,target=/root/.cache \
    source /opt/poetry/bin/activate && POETRY_HTTP_BASIC_INTERNAL_PASSWORD="$(< /run/secrets/index_password)" \
    poetry install --only main --no-root
COPY --chown=1000:1000 jobs/ jobs/
ENV API_KEY_FILE=/run/secrets/api_key
USER 1000
ENTRYPOINT ["python", "-m", "jobs"]
