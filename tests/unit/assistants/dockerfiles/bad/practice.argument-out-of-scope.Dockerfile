ARG PYTHON=3.12.7
ARG APP_VERSION=1.0.0
FROM python:${PYTHON}-slim-bookworm
LABEL org.opencontainers.image.version="${APP_VERSION}"
COPY main.py /main.py
USER 1000
CMD ["python", "/main.py"]
