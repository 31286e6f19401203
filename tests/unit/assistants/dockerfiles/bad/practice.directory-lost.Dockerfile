FROM python:3.12.7-slim-bookworm
COPY . /opt/job
RUN cd /opt/job
USER 1000
CMD ["python", "/opt/job/run.py"]
