FROM python:3.12.7-slim-bookworm
ENV PYTHONUNBUFFERED 1
COPY main.py /main.py
USER 1000
CMD ["python", "/main.py"]
