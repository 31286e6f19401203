FROM nginxinc/nginx-unprivileged:1.27.3-alpine
MAINTAINER Ada Lovelace <ada@example.org>
COPY site /usr/share/nginx/html
USER 101
