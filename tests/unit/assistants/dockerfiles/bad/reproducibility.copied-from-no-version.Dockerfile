FROM python:3.12.7-slim-bookworm
COPY --from=ghcr.io/astral-sh/uv:latest /uv /usr/local/bin/uv
WORKDIR /app
COPY pyproject.toml uv.lock ./
RUN uv sync --frozen --no-dev
COPY src src
USER 1000
CMD ["/app/.venv/bin/python", "-m", "src"]
