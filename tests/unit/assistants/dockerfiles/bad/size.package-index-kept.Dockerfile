FROM alpine:3.20.3
RUN apk add --update nginx
COPY nginx.conf /etc/nginx/nginx.conf
USER 100
CMD ["nginx", "-g", "daemon off;"]
