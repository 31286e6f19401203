FROM python:3.12.7-slim-bookworm
ENV PYTHONUNBUFFERED=1
WORKDIR /app
COPY . /app
RUN --mount=type=cache,target=/root/.cache/pip pip install -r requirements.txt
USER 10001
CMD ["gunicorn", "shop.wsgi:application"]
