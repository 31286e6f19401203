FROM debian:12.7-slim
COPY models.tar.gz /tmp/models.tar.gz
RUN mkdir /models && tar -xzf /tmp/models.tar.gz -C /models
RUN rm /tmp/models.tar.gz
USER 1000
CMD ["ls", "/models"]
