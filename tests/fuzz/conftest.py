"""The standing house of the integration tests, here too."""

from tests.integration.conftest import standing as standing
