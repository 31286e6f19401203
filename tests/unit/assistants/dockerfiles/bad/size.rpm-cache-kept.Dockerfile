FROM rockylinux:9.3-minimal
RUN microdnf install -y java-21-openjdk-headless
COPY target/app.jar /app.jar
USER 1000
ENTRYPOINT ["java", "-jar", "/app.jar"]
