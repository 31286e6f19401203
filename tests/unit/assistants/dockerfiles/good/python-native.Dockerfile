# A package with a C extension: compilers are in the first stage only.
FROM python:3.12.7-bookworm AS wheels
RUN apt-get update && apt-get install -y libxml2-dev libxslt1-dev
WORKDIR /wheels
COPY requirements.txt .
RUN pip wheel --wheel-dir . -r requirements.txt

FROM python:3.12.7-slim-bookworm
RUN apt-get update \
 && apt-get install -y --no-install-recommends libxml2 libxslt1.1 \
 && rm -rf /var/lib/apt/lists/*
RUN --mount=type=bind,from=wheels,source=/wheels,target=/wheels \
    pip install --no-cache-dir --no-index --find-links=/wheels -r /wheels/requirements.txt
COPY --chown=0:0 feeds /app/feeds
WORKDIR /app
USER 1000
CMD ["python", "-m", "feeds"]
