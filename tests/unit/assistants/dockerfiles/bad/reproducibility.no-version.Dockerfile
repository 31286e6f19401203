FROM redis:latest
COPY redis.conf /etc/redis/redis.conf
USER 999
CMD ["redis-server", "/etc/redis/redis.conf"]
