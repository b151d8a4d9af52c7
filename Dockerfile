# The service as an image: api, worker, scheduler and every command of `medsettle`.
#
# Its base is named by digest, so that what was tested is what is built again:
#   docker buildx imagetools inspect python:3.11-slim-bookworm --format '{{.Manifest.Digest}}'
#   docker build --build-arg PYTHON_DIGEST=sha256:… --tag medsettle:0.1.0 .
ARG PYTHON_IMAGE=docker.io/library/python:3.11-slim-bookworm
ARG PYTHON_DIGEST

FROM ${PYTHON_IMAGE}@${PYTHON_DIGEST} AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 \
    PIP_NO_CACHE_DIR=1 \
    PIP_ROOT_USER_ACTION=ignore
WORKDIR /build
# Packages before code: a change of code builds on the layer of packages. The installer stays behind in this stage.
COPY deploy/image/build.lock deploy/image/runtime.lock ./
RUN python3 -m venv --without-pip tools \
    && python3 -m pip --python tools/bin/python install --require-hashes --only-binary :all: --requirement build.lock \
    && python3 -m venv --without-pip /opt/medsettle \
    && python3 -m pip --python /opt/medsettle/bin/python install --require-hashes --only-binary :all: \
        --requirement runtime.lock
COPY pyproject.toml README.md LICENSE ./
COPY migrations ./migrations
COPY app ./app
RUN tools/bin/hatchling build --target wheel \
    && python3 -m pip --python /opt/medsettle/bin/python install --no-deps dist/*.whl

FROM ${PYTHON_IMAGE}@${PYTHON_DIGEST}
ARG REVISION=unknown
LABEL org.opencontainers.image.title="medsettle" \
      org.opencontainers.image.description="Settles social security card payments once each" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.revision="${REVISION}"
COPY --from=build /opt/medsettle /opt/medsettle
# A container listens to the outside on known ports; whoever may reach them is for the network to say.
ENV PATH=/opt/medsettle/bin:${PATH} \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    MEDSETTLE_API_HOST=0.0.0.0 \
    MEDSETTLE_API_PORT=8080 \
    MEDSETTLE_WORKER_METRICS_HOST=0.0.0.0 \
    MEDSETTLE_WORKER_METRICS_PORT=9090 \
    MEDSETTLE_SCHEDULER_METRICS_HOST=0.0.0.0 \
    MEDSETTLE_SCHEDULER_METRICS_PORT=9090 \
    MEDSETTLE_SFTP_HOST=0.0.0.0 \
    MEDSETTLE_SFTP_PORT=2022 \
    MEDSETTLE_SFTP_METRICS_HOST=0.0.0.0 \
    MEDSETTLE_SFTP_METRICS_PORT=9090
# A number, so that an orchestrator can tell that it is not root. It owns nothing: the root file system can be read-only,
# and uploads alone want room in /tmp.
USER 10001:10001
EXPOSE 8080 9090 2022
STOPSIGNAL SIGTERM
# Asks whichever of the two ports this process has.
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 CMD ["medsettle", "health"]
ENTRYPOINT ["medsettle"]
CMD ["api"]
