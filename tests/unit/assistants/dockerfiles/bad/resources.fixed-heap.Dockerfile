FROM eclipse-temurin:21.0.5_11-jre-jammy
COPY target/app.jar /app.jar
USER 1000
ENTRYPOINT ["java", "-Xms512m", "-Xmx2g", "-jar", "/app.jar"]
