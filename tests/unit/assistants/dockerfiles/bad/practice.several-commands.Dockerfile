FROM busybox:1.37.0
COPY index.html /www/index.html
USER 1000
CMD ["httpd", "-f", "-p", "8080", "-h", "/www"]
CMD ["httpd", "-f", "-v", "-p", "8080", "-h", "/www"]
