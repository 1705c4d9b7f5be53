from common.runtime.serve import main
from services.success.app import build

main("success", build)
