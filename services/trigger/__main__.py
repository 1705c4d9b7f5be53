from common.runtime.serve import main
from services.trigger.app import build

main("trigger", build)
