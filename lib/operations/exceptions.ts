import type { Stack } from 'aws-cdk-lib';

export function acknowledgeLake(_stack: Stack): void {}
export function acknowledgeTenant(_stack: Stack): void {}
