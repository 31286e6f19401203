FROM alpine/git:2.45.2 AS source
RUN git clone --depth 1 https://github.com/example/theme.git /theme

FROM nginxinc/nginx-unprivileged:1.27.3-alpine
COPY --from=source /theme /usr/share/nginx/html
USER 101
