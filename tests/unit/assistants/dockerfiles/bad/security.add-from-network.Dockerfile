FROM eclipse-temurin:21.0.5_11-jre-jammy
ADD https://repo.example.org/agent/1.9.0/agent.jar /opt/agent.jar
COPY target/app.jar /opt/app.jar
USER 1000
ENTRYPOINT ["java", "-javaagent:/opt/agent.jar", "-jar", "/opt/app.jar"]
