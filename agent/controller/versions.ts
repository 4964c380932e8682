import lt from 'semver/functions/lt.js';
import { withoutSuffix } from '../../bootstrap/components/image-name.ts';
import type { ErrorCode } from '../../bootstrap/error-table.ts';
import { AgentError } from '../../bootstrap/errors.ts';
import { API_VERSION, type Image, type Meta } from './protocol.ts';

/**
 * The agent's half of the versions rule, after call 0. `image: null` (not one of the pre-packaged images) skips what is
 * about the image. Throws E_VERSION_MISMATCH, E_IMAGE_TOO_NEW, E_IMAGE_TOO_OLD or E_IMAGE_BLOCKED; the message says
 * which side is to be upgraded, and to what.
 */
export function checkVersions({ meta, image }: { readonly meta: Meta; readonly image: Image | null }): void {
  if (!meta.apiVersions.includes(API_VERSION)) {
    throw mismatch('E_VERSION_MISMATCH', 'Controller and agent have no protocol version in common', {
      seen: `the Controller ${meta.controllerVersion} speaks ${meta.apiVersions.join(', ') || 'none'}`,
      wanted: API_VERSION,
      next: `upgrade whichever is older: the Controller (${meta.controllerVersion}) to one that speaks ${API_VERSION}, or the image to one whose agent speaks ${meta.apiVersions.join(' or ') || 'what the Controller speaks'}`,
    });
  }
  if (image === null) return;
  if (lt(meta.controllerVersion, image.minControllerVersion)) {
    throw mismatch('E_IMAGE_TOO_NEW', `the Controller is too old for the image ${image.name}`, {
      seen: `Controller ${meta.controllerVersion}`,
      wanted: `Controller ${image.minControllerVersion} or newer`,
      next: `upgrade the Controller to ${image.minControllerVersion} or newer, or deploy an older image; conjurer goes on by itself`,
    });
  }
  if (meta.minImage !== null && lt(image.version, meta.minImage)) {
    throw mismatch('E_IMAGE_TOO_OLD', `the image ${image.name} is too old for the Controller`, {
      seen: `image ${image.version}`,
      wanted: `image ${meta.minImage} or newer`,
      next: `deploy the VM from an image of ${meta.minImage} or newer`,
    });
  }
  if (meta.blockedImages.some(blocked => withoutSuffix(blocked) === withoutSuffix(image.name))) {
    throw mismatch('E_IMAGE_BLOCKED', `the Controller blocks the image ${image.name}`, {
      seen: `image ${image.name}`,
      wanted: `an image other than ${meta.blockedImages.join(', ')}`,
      next: 'deploy the VM from another image, or have the admin of the Controller unblock this one',
    });
  }
}

function mismatch(
  code: ErrorCode,
  message: string,
  details: { seen: string; wanted: string; next: string },
): AgentError {
  return new AgentError(code, message, {
    ...details,
    retry: { class: 'wait', retryAfterSeconds: null, authenticated: true },
  });
}
