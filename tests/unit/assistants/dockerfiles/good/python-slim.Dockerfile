# syntax=docker/dockerfile:1
# An API: dependencies in a virtual environment of their own stage.
ARG PYTHON=3.12.7-slim-bookworm
FROM python:${PYTHON} AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1
RUN python -m venv /venv
COPY requirements.lock /tmp/requirements.lock
RUN --mount=type=cache,target=/root/.cache/pip \
    /venv/bin/pip install --require-hashes -r /tmp/requirements.lock

FROM python:${PYTHON}
LABEL org.opencontainers.image.source="https://git.example.org/team/api" \
      org.opencontainers.image.licenses="Apache-2.0"
ENV PATH=/venv/bin:$PATH \
    PYTHONUNBUFFERED=1
WORKDIR /srv
COPY --from=build /venv /venv
COPY src/ src/
USER 10001:10001
EXPOSE 8000
HEALTHCHECK --interval=15s --timeout=3s --start-period=10s \
    CMD ["python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:8000/healthz')"]
ENTRYPOINT ["uvicorn", "src.main:app", "--host", "0.0.0.0"]
