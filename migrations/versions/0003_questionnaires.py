"""Organisers' own questions and their answers."""

import sqlalchemy as sa
from alembic import op
from lsos.db import UtcDateTime

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('question',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('uid', sa.String(length=22), nullable=False),
    sa.Column('event_id', sa.Integer(), nullable=False),
    sa.Column('code', sa.String(length=40), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.Column('asked_when', sa.Enum('registering', 'check_in', name='askedwhen', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('is_required', sa.Boolean(), nullable=False),
    sa.Column('required_from', sa.Date(), nullable=True),
    sa.Column('may_edit', sa.Boolean(), nullable=False),
    sa.Column('edit_until', sa.Date(), nullable=True),
    sa.Column('archived_at', UtcDateTime(), nullable=True),
    sa.Column('created_at', UtcDateTime(), nullable=False),
    sa.ForeignKeyConstraint(['event_id'], ['event.id'], name=op.f('fk_question_event_id_event'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_question')),
    sa.UniqueConstraint('event_id', 'code', name=op.f('uq_question_event_id_code')),
    sa.UniqueConstraint('uid', name=op.f('uq_question_uid'))
    )
    with op.batch_alter_table('question', schema=None) as batch_op:
        batch_op.create_index('ix_question_event_id_position', ['event_id', 'position'], unique=False)

    op.create_table('question_condition',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('question_id', sa.Integer(), nullable=False),
    sa.Column('subject_id', sa.Integer(), nullable=False),
    sa.Column('test', sa.Enum('one_of', 'none_of', 'answered', 'not_answered', name='test', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('values', sa.JSON(), nullable=False),
    sa.ForeignKeyConstraint(['question_id'], ['question.id'], name=op.f('fk_question_condition_question_id_question'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['subject_id'], ['question.id'], name=op.f('fk_question_condition_subject_id_question'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_question_condition')),
    sa.UniqueConstraint('question_id', 'subject_id', name=op.f('uq_question_condition_question_id_subject_id'))
    )
    with op.batch_alter_table('question_condition', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_question_condition_subject_id'), ['subject_id'], unique=False)

    op.create_table('question_option',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('question_id', sa.Integer(), nullable=False),
    sa.Column('code', sa.String(length=40), nullable=False),
    sa.Column('name_pl', sa.Text(), server_default='', nullable=False),
    sa.Column('name_en', sa.Text(), server_default='', nullable=False),
    sa.Column('seats', sa.Integer(), nullable=True),
    sa.Column('taken', sa.Integer(), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.Column('is_current', sa.Boolean(), nullable=False),
    sa.CheckConstraint('taken >= 0 AND (seats IS NULL OR taken <= seats)', name=op.f('ck_question_option_seats_exist')),
    sa.ForeignKeyConstraint(['question_id'], ['question.id'], name=op.f('fk_question_option_question_id_question'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_question_option')),
    sa.UniqueConstraint('question_id', 'code', name=op.f('uq_question_option_question_id_code'))
    )
    op.create_table('question_participation_type',
    sa.Column('question_id', sa.Integer(), nullable=False),
    sa.Column('participation_type_id', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['participation_type_id'], ['participation_type.id'], name=op.f('fk_question_participation_type_participation_type_id_participation_type'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['question_id'], ['question.id'], name=op.f('fk_question_participation_type_question_id_question'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('question_id', 'participation_type_id', name=op.f('pk_question_participation_type'))
    )
    with op.batch_alter_table('question_participation_type', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_question_participation_type_participation_type_id'), ['participation_type_id'], unique=False)

    op.create_table('question_version',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('question_id', sa.Integer(), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('meaning', sa.Integer(), nullable=False),
    sa.Column('kind', sa.Enum('short_text', 'long_text', 'yes_no', 'choose_one', 'choose_from_list', 'choose_several', 'number', 'date', 'time', 'country', 'email', 'phone', 'url', 'file', 'tick', 'statement', 'page_break', name='questionkind', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('label_pl', sa.Text(), server_default='', nullable=False),
    sa.Column('label_en', sa.Text(), server_default='', nullable=False),
    sa.Column('help_pl', sa.Text(), server_default='', nullable=False),
    sa.Column('help_en', sa.Text(), server_default='', nullable=False),
    sa.Column('least', sa.String(length=40), nullable=False),
    sa.Column('most', sa.String(length=40), nullable=False),
    sa.Column('unit_pl', sa.Text(), server_default='', nullable=False),
    sa.Column('unit_en', sa.Text(), server_default='', nullable=False),
    sa.Column('options', sa.JSON(), nullable=False),
    sa.Column('file_kinds', sa.JSON(), nullable=False),
    sa.Column('megabytes', sa.Integer(), nullable=False),
    sa.Column('made_at', UtcDateTime(), nullable=False),
    sa.ForeignKeyConstraint(['question_id'], ['question.id'], name=op.f('fk_question_version_question_id_question'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_question_version')),
    sa.UniqueConstraint('question_id', 'id', name=op.f('uq_question_version_question_id_id')),
    sa.UniqueConstraint('question_id', 'number', name=op.f('uq_question_version_question_id_number'))
    )
    op.create_table('registration_draft',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('participation_type_id', sa.Integer(), nullable=False),
    sa.Column('person_id', sa.Integer(), nullable=True),
    sa.Column('token_hash', sa.String(length=64), nullable=True),
    sa.Column('typed', sa.JSON(), nullable=False),
    sa.Column('expires_at', UtcDateTime(), nullable=False),
    sa.Column('kept_at', UtcDateTime(), nullable=False),
    sa.CheckConstraint('(person_id IS NULL) <> (token_hash IS NULL)', name=op.f('ck_registration_draft_has_one_owner')),
    sa.ForeignKeyConstraint(['participation_type_id'], ['participation_type.id'], name=op.f('fk_registration_draft_participation_type_id_participation_type'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_registration_draft_person_id_person'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_registration_draft')),
    sa.UniqueConstraint('person_id', 'participation_type_id', name=op.f('uq_registration_draft_person_id_participation_type_id')),
    sa.UniqueConstraint('token_hash', name=op.f('uq_registration_draft_token_hash'))
    )
    with op.batch_alter_table('registration_draft', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_registration_draft_expires_at'), ['expires_at'], unique=False)
        batch_op.create_index(batch_op.f('ix_registration_draft_participation_type_id'), ['participation_type_id'], unique=False)

    op.create_table('answer',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('registration_id', sa.Integer(), nullable=False),
    sa.Column('question_id', sa.Integer(), nullable=False),
    sa.Column('version_id', sa.Integer(), nullable=False),
    sa.Column('given', sa.JSON(), nullable=False),
    sa.Column('at', UtcDateTime(), nullable=False),
    sa.ForeignKeyConstraint(['question_id', 'version_id'], ['question_version.question_id', 'question_version.id'], name='fk_answer_version_of_question'),
    sa.ForeignKeyConstraint(['registration_id'], ['registration.id'], name=op.f('fk_answer_registration_id_registration'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_answer')),
    sa.UniqueConstraint('registration_id', 'question_id', name=op.f('uq_answer_registration_id_question_id'))
    )
    with op.batch_alter_table('answer', schema=None) as batch_op:
        batch_op.create_index('ix_answer_question_id_version_id', ['question_id', 'version_id'], unique=False)

    op.create_table('answer_file',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('uid', sa.String(length=22), nullable=False),
    sa.Column('question_id', sa.Integer(), nullable=False),
    sa.Column('answer_id', sa.Integer(), nullable=True),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('content_type', sa.String(length=120), nullable=False),
    sa.Column('size', sa.Integer(), nullable=False),
    sa.Column('sha256', sa.String(length=64), nullable=False),
    sa.Column('at', UtcDateTime(), nullable=False),
    sa.ForeignKeyConstraint(['answer_id'], ['answer.id'], name=op.f('fk_answer_file_answer_id_answer'), ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['question_id'], ['question.id'], name=op.f('fk_answer_file_question_id_question'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_answer_file')),
    sa.UniqueConstraint('uid', name=op.f('uq_answer_file_uid'))
    )
    with op.batch_alter_table('answer_file', schema=None) as batch_op:
        batch_op.create_index('ix_answer_file_answer_id_at', ['answer_id', 'at'], unique=False)
        batch_op.create_index(batch_op.f('ix_answer_file_question_id'), ['question_id'], unique=False)

    op.create_table('answer_option',
    sa.Column('answer_id', sa.Integer(), nullable=False),
    sa.Column('option_id', sa.Integer(), nullable=False),
    sa.Column('has_seat', sa.Boolean(), nullable=False),
    sa.ForeignKeyConstraint(['answer_id'], ['answer.id'], name=op.f('fk_answer_option_answer_id_answer'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['option_id'], ['question_option.id'], name=op.f('fk_answer_option_option_id_question_option')),
    sa.PrimaryKeyConstraint('answer_id', 'option_id', name=op.f('pk_answer_option'))
    )
    with op.batch_alter_table('answer_option', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_answer_option_option_id'), ['option_id'], unique=False)



def downgrade() -> None:
    with op.batch_alter_table('answer_option', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_answer_option_option_id'))

    op.drop_table('answer_option')
    with op.batch_alter_table('answer_file', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_answer_file_question_id'))
        batch_op.drop_index('ix_answer_file_answer_id_at')

    op.drop_table('answer_file')
    with op.batch_alter_table('answer', schema=None) as batch_op:
        batch_op.drop_index('ix_answer_question_id_version_id')

    op.drop_table('answer')
    with op.batch_alter_table('registration_draft', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_registration_draft_participation_type_id'))
        batch_op.drop_index(batch_op.f('ix_registration_draft_expires_at'))

    op.drop_table('registration_draft')
    op.drop_table('question_version')
    with op.batch_alter_table('question_participation_type', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_question_participation_type_participation_type_id'))

    op.drop_table('question_participation_type')
    op.drop_table('question_option')
    with op.batch_alter_table('question_condition', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_question_condition_subject_id'))

    op.drop_table('question_condition')
    with op.batch_alter_table('question', schema=None) as batch_op:
        batch_op.drop_index('ix_question_event_id_position')

    op.drop_table('question')
