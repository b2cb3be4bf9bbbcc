# gaitcue in a container: build with the tools, run without them, as nobody in particular.
# For a PC and a Raspberry Pi at once:
#   docker buildx build --platform linux/amd64,linux/arm64 --tag REGISTRY/gaitcue:0.1.0 --push .
FROM python:3.11-slim-bookworm AS build
WORKDIR /src
COPY pyproject.toml constraints.txt README.md CHANGELOG.md CONTRIBUTING.md SECURITY.md LICENSE ./
COPY docs docs
COPY config config
COPY dsp dsp
COPY monitor monitor
RUN python -m venv /opt/gaitcue \
 && /opt/gaitcue/bin/pip install --no-cache-dir --constraint constraints.txt ".[influx,hub]"

FROM python:3.11-slim-bookworm
COPY --from=build /opt/gaitcue /opt/gaitcue
ENV PATH=/opt/gaitcue/bin:$PATH PYTHONUNBUFFERED=1 XDG_DATA_HOME=/var/lib XDG_CONFIG_HOME=/etc
# Log lines are JSON, one object a line on stderr; docker run -e GAITCUE_LOG_FORMAT=text for people.
ENV GAITCUE_LOG_FORMAT=json
RUN install -d -o 1000 -g 1000 /var/lib/gaitcue
USER 1000:1000
VOLUME /var/lib/gaitcue
EXPOSE 8765
HEALTHCHECK --interval=30s --timeout=5s --retries=3 \
  CMD ["python", "-c", "import socket; socket.create_connection(('127.0.0.1', 8765), 3)"]
ENTRYPOINT ["gaitcue"]
CMD ["run", "--host", "0.0.0.0"]
