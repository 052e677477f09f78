"""Sessions, one-time codes, passkeys, hats, how long a role holds, numbers and domains of organisations, merged records."""

import sqlalchemy as sa
from alembic import op
from lsos.db import UtcDateTime

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('second_factor_rule',
    sa.Column('role', sa.Enum('owner', 'registrations', 'programme', 'matchmaking', 'door', 'reader', name='role', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('required_from', sa.Date(), nullable=False),
    sa.PrimaryKeyConstraint('role', name=op.f('pk_second_factor_rule'))
    )
    op.create_table('person_forward',
    sa.Column('gone_id', sa.Integer(), nullable=False),
    sa.Column('into_id', sa.Integer(), nullable=False),
    sa.Column('at', UtcDateTime(), nullable=False),
    sa.Column('by_id', sa.Integer(), nullable=True),
    sa.ForeignKeyConstraint(['by_id'], ['person.id'], name=op.f('fk_person_forward_by_id_person'), ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['gone_id'], ['person.id'], name=op.f('fk_person_forward_gone_id_person'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['into_id'], ['person.id'], name=op.f('fk_person_forward_into_id_person'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('gone_id', name=op.f('pk_person_forward'))
    )
    with op.batch_alter_table('person_forward', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_person_forward_into_id'), ['into_id'], unique=False)

    op.create_table('recovery_code',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('person_id', sa.Integer(), nullable=False),
    sa.Column('code_hash', sa.String(length=64), nullable=False),
    sa.Column('used_at', UtcDateTime(), nullable=True),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_recovery_code_person_id_person'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_recovery_code')),
    sa.UniqueConstraint('code_hash', name=op.f('uq_recovery_code_code_hash'))
    )
    with op.batch_alter_table('recovery_code', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_recovery_code_person_id'), ['person_id'], unique=False)

    op.create_table('totp_device',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('uid', sa.String(length=22), nullable=False),
    sa.Column('person_id', sa.Integer(), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('seed', sa.String(length=64), nullable=False),
    sa.Column('last_step', sa.Integer(), nullable=False),
    sa.Column('created_at', UtcDateTime(), nullable=False),
    sa.Column('confirmed_at', UtcDateTime(), nullable=True),
    sa.Column('last_used_at', UtcDateTime(), nullable=True),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_totp_device_person_id_person'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_totp_device')),
    sa.UniqueConstraint('uid', name=op.f('uq_totp_device_uid'))
    )
    with op.batch_alter_table('totp_device', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_totp_device_person_id'), ['person_id'], unique=False)

    op.create_table('user_session',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('uid', sa.String(length=22), nullable=False),
    sa.Column('person_id', sa.Integer(), nullable=False),
    sa.Column('key_hash', sa.String(length=64), nullable=False),
    sa.Column('device', sa.String(length=120), nullable=False),
    sa.Column('by_password', sa.Boolean(), nullable=False),
    sa.Column('by_second_factor', sa.Boolean(), nullable=False),
    sa.Column('created_at', UtcDateTime(), nullable=False),
    sa.Column('last_seen_at', UtcDateTime(), nullable=False),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_user_session_person_id_person'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_user_session')),
    sa.UniqueConstraint('key_hash', name=op.f('uq_user_session_key_hash')),
    sa.UniqueConstraint('uid', name=op.f('uq_user_session_uid'))
    )
    with op.batch_alter_table('user_session', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_user_session_person_id'), ['person_id'], unique=False)

    op.create_table('organisation_domain',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('organisation_id', sa.Integer(), nullable=False),
    sa.Column('domain', sa.String(length=253), nullable=False),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisation.id'], name=op.f('fk_organisation_domain_organisation_id_organisation'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_organisation_domain')),
    sa.UniqueConstraint('domain', name=op.f('uq_organisation_domain_domain'))
    )
    with op.batch_alter_table('organisation_domain', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_organisation_domain_organisation_id'), ['organisation_id'], unique=False)

    op.create_table('organisation_forward',
    sa.Column('uid', sa.String(length=22), nullable=False),
    sa.Column('organisation_id', sa.Integer(), nullable=False),
    sa.Column('at', UtcDateTime(), nullable=False),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisation.id'], name=op.f('fk_organisation_forward_organisation_id_organisation'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('uid', name=op.f('pk_organisation_forward'))
    )
    with op.batch_alter_table('organisation_forward', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_organisation_forward_organisation_id'), ['organisation_id'], unique=False)

    op.create_table('organisation_number',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('organisation_id', sa.Integer(), nullable=False),
    sa.Column('kind', sa.Enum('nip', 'krs', 'regon', 'vat', name='numberkind', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('number', sa.String(length=20), nullable=False),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisation.id'], name=op.f('fk_organisation_number_organisation_id_organisation'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_organisation_number')),
    sa.UniqueConstraint('kind', 'number', name=op.f('uq_organisation_number_kind_number')),
    sa.UniqueConstraint('organisation_id', 'kind', name=op.f('uq_organisation_number_organisation_id_kind'))
    )
    op.create_table('hat',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('event_id', sa.Integer(), nullable=False),
    sa.Column('person_id', sa.Integer(), nullable=False),
    sa.Column('kind', sa.Enum('speaker', 'chair', 'founder', 'mentor', 'juror', 'host', 'volunteer', name='hatkind', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.ForeignKeyConstraint(['event_id'], ['event.id'], name=op.f('fk_hat_event_id_event'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_hat_person_id_person'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_hat')),
    sa.UniqueConstraint('event_id', 'person_id', 'kind', name=op.f('uq_hat_event_id_person_id_kind'))
    )
    with op.batch_alter_table('hat', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_hat_person_id'), ['person_id'], unique=False)
    op.create_table('passkey',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('uid', sa.String(length=22), nullable=False),
    sa.Column('person_id', sa.Integer(), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('credential_id', sa.String(length=1400), nullable=False),
    sa.Column('public_key', sa.LargeBinary(), nullable=False),
    sa.Column('sign_count', sa.Integer(), nullable=False),
    sa.Column('created_at', UtcDateTime(), nullable=False),
    sa.Column('last_used_at', UtcDateTime(), nullable=True),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_passkey_person_id_person'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_passkey')),
    sa.UniqueConstraint('credential_id', name=op.f('uq_passkey_credential_id')),
    sa.UniqueConstraint('uid', name=op.f('uq_passkey_uid'))
    )
    with op.batch_alter_table('passkey', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_passkey_person_id'), ['person_id'], unique=False)

    with op.batch_alter_table('role_grant', schema=None) as batch_op:
        batch_op.add_column(sa.Column('until', sa.Date(), nullable=True))
    # Not by a batch: on SQLite that would make the table of people anew, and with it go the rows that hang on it.
    op.execute("ALTER TABLE person DROP COLUMN session_epoch")


def downgrade() -> None:
    op.execute("ALTER TABLE person ADD COLUMN session_epoch INTEGER DEFAULT 0 NOT NULL")
    op.execute("ALTER TABLE role_grant DROP COLUMN until")
    for table in ['passkey', 'hat', 'second_factor_rule', 'organisation_number', 'organisation_forward', 'organisation_domain', 'user_session', 'totp_device', 'recovery_code', 'person_forward']:
        op.drop_table(table)
